//! Names for the glyphs of the icon font (Phosphor Regular). Draw them with `fonts::icon(size)`, or inside a text.

/// `list-dashes`.
pub const FLEET: &str = "\u{e2f4}";
/// `grid-nine`.
pub const HEATMAP: &str = "\u{ec8c}";
/// `tree-structure`.
pub const SHARDS: &str = "\u{e67c}";
/// `list`.
pub const TAIL: &str = "\u{e2f0}";
/// `key`.
pub const KEYS: &str = "\u{e2d6}";
/// `share-network`.
pub const CONSUMERS: &str = "\u{e408}";
/// `gauge`.
pub const CAPACITY: &str = "\u{e628}";
/// `paper-plane-tilt`.
pub const INJECT: &str = "\u{e398}";
/// `arrows-split`.
pub const SPLIT: &str = "\u{ed3c}";
/// `arrows-merge`.
pub const MERGE: &str = "\u{ed3e}";
/// `lock-simple`.
pub const LOCK: &str = "\u{e308}";
/// `lock-simple-open`.
pub const UNLOCK: &str = "\u{e30a}";
/// `warning`.
pub const WARNING: &str = "\u{e4e0}";
/// `prohibit`.
pub const THROTTLED: &str = "\u{e3de}";
/// `circle-notch`.
pub const BUSY: &str = "\u{eb44}";
/// `bell`.
pub const BELL: &str = "\u{e0ce}";
/// `clock`.
pub const CLOCK: &str = "\u{e19a}";
/// `magnifying-glass`.
pub const SEARCH: &str = "\u{e30c}";
/// `funnel`.
pub const FILTER: &str = "\u{e266}";
/// `copy`.
pub const COPY: &str = "\u{e1ca}";
/// `download-simple`.
pub const DOWNLOAD: &str = "\u{e20c}";
/// `arrow-clockwise`.
pub const REFRESH: &str = "\u{e036}";
/// `push-pin`.
pub const PIN: &str = "\u{e3e2}";
/// `database`.
pub const DATABASE: &str = "\u{e1de}";
/// `lightning`.
pub const LIGHTNING: &str = "\u{e2de}";
/// `fire`.
pub const FIRE: &str = "\u{e242}";
/// `cloud`.
pub const CLOUD: &str = "\u{e1aa}";
/// `cpu`.
pub const CPU: &str = "\u{e610}";
/// `eye`.
pub const EYE: &str = "\u{e220}";
/// `dots-three`.
pub const MORE: &str = "\u{e1fe}";
/// `check`.
pub const CHECK: &str = "\u{e182}";
/// `x`.
pub const CLOSE: &str = "\u{e4f6}";
/// `caret-down`.
pub const CARET_DOWN: &str = "\u{e136}";
/// `caret-right`.
pub const CARET_RIGHT: &str = "\u{e13a}";
/// `caret-up`.
pub const CARET_UP: &str = "\u{e13c}";
/// `caret-up-down`.
pub const CARET_UP_DOWN: &str = "\u{e140}";
/// `gear`.
pub const SETTINGS: &str = "\u{e270}";
/// `sun`.
pub const SUN: &str = "\u{e472}";
/// `moon`.
pub const MOON: &str = "\u{e330}";
/// `arrow-right`.
pub const ARROW_RIGHT: &str = "\u{e06c}";
/// `arrow-left`.
pub const ARROW_LEFT: &str = "\u{e058}";
/// `info`.
pub const INFO: &str = "\u{e2ce}";
/// `plug`.
pub const PLUG: &str = "\u{e946}";
/// `play`.
pub const PLAY: &str = "\u{e3d0}";
/// `pause`.
pub const PAUSE: &str = "\u{e39e}";
/// `stop`.
pub const STOP: &str = "\u{e46c}";
/// `terminal-window`.
pub const TERMINAL: &str = "\u{eae8}";
/// `arrows-down-up`.
pub const SORT: &str = "\u{e098}";
/// `plus`.
pub const PLUS: &str = "\u{e3d4}";
/// `minus`.
pub const MINUS: &str = "\u{e32a}";
/// `file-text`.
pub const FILE: &str = "\u{e23a}";
/// `currency-circle-dollar`.
pub const COST: &str = "\u{e54c}";
/// `table`.
pub const TABLE: &str = "\u{e476}";
/// `trash`.
pub const TRASH: &str = "\u{e4a6}";
/// `user`.
pub const USER: &str = "\u{e4c2}";
/// `keyboard`.
pub const KEYBOARD: &str = "\u{e2d8}";
/// `command`.
pub const COMMAND: &str = "\u{e1c4}";
/// `arrow-elbow-down-left`.
pub const ENTER: &str = "\u{e044}";
/// `warning-circle`.
pub const ERROR: &str = "\u{e4e2}";
/// `shuffle`.
pub const SHUFFLE: &str = "\u{e422}";
/// `arrow-down`.
pub const ARROW_DOWN: &str = "\u{e03e}";
/// `shield-check`.
pub const SHIELD: &str = "\u{e40c}";
/// `pulse`.
pub const PULSE: &str = "\u{e000}";
/// Many records in a row: a file of them.
pub const STACK: &str = "\u{e466}";
/// What is made up by chance.
pub const DICE: &str = "\u{e1ee}";
