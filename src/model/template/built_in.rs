//! The templates that come with the program.

/// A template that comes with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// Its name on screen.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
    /// The pattern of the partition keys that fit it; `rank` counts the keys from 1.
    pub key: &'static str,
    /// Whether its records are gzip on their way, as CloudWatch Logs sends them.
    pub is_gzip: bool,
}

/// All of them, in the order they are offered.
pub const BUILT_IN: [BuiltIn; 5] = [
    BuiltIn { name: "Clickstream", text: CLICKSTREAM, key: "tenant-{{rank}}", is_gzip: false },
    BuiltIn { name: "IoT sensor", text: SENSOR, key: "device-{{rank}}", is_gzip: false },
    BuiltIn { name: "Game session", text: GAME, key: "player-{{rank}}", is_gzip: false },
    BuiltIn { name: "Order chain", text: ORDER, key: "order-{{rank}}", is_gzip: false },
    BuiltIn { name: "CloudWatch Logs", text: LOGS, key: "{{uuid}}", is_gzip: true },
];

const CLICKSTREAM: &str = r#"{
  "event": "{{oneof page_view:12 add_to_cart:3 checkout:1 search:4}}",
  "ts": "{{now_iso}}",
  "tenant": "{{partition_key}}",
  "uid": "{{uuid}}",
  "page": "{{oneof / /search /p/1182 /p/2042 /cart /account}}",
  "ip": "{{ip}}",
  "agent": "{{user_agent}}",
  "cart": {
    "total": {{float 5..900 2}},
    "currency": "{{oneof EUR:3 USD:2 GBP:1}}",
    "items": {{int 1..8}}
  },
  "test": true
}"#;

const SENSOR: &str = r#"{
  "device": "{{partition_key}}",
  "ts": {{now_ms}},
  "seq": {{counter}},
  "lat": {{lat}},
  "lon": {{lon}},
  "celsius": {{float -20..45 1}},
  "humidity": {{float 15..95 1}},
  "battery": {{int 5..100}},
  "status": "{{oneof ok:60 low_battery:3 fault:1}}",
  "test": true
}"#;

const GAME: &str = r#"{
  "session": "{{uuid}}",
  "player": "{{partition_key}}",
  "name": "{{first_name}}",
  "ts": "{{now_iso}}",
  "action": "{{oneof move:40 shoot:12 jump:20 pick_up:5 quit:1}}",
  "level": {{int 1..50}},
  "score": {{int 0..250000}},
  "platform": "{{oneof ios:5 android:6 switch:1}}",
  "country": "{{country}}",
  "test": true
}"#;

const ORDER: &str = r#"{
  "order": "{{partition_key}}",
  "state": "{{cycle created paid reserved shipped}}",
  "ts": "{{now_iso}}",
  "event_id": "{{uuid}}",
  "customer": "{{name}}",
  "email": "{{email}}",
  "total": {{float 9..480 2}},
  "test": true
}"#;

const LOGS: &str = r#"{
  "messageType": "DATA_MESSAGE",
  "owner": "{{digits 12}}",
  "logGroup": "/aws/lambda/{{oneof checkout search billing}}",
  "logStream": "{{now "%Y/%m/%d"}}/[$LATEST]{{hex 32}}",
  "subscriptionFilters": ["kinescope-test"],
  "logEvents": [
    {
      "id": "{{digits 56}}",
      "timestamp": {{now_ms}},
      "message": "{{oneof INFO:20 WARN:3 ERROR:1}} RequestId: {{uuid}} took {{int 3..900}} ms"
    }
  ]
}"#;
