//! How a task tells the window that there is something new, without knowing the window.

use std::{fmt, sync::Arc};

/// Wakes whoever draws. Cheap to clone and to call, from any thread.
#[derive(Clone)]
pub struct Wake(Arc<dyn Fn() + Send + Sync>);

impl Wake {
    /// A wake that calls this.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(wake))
    }

    /// A wake for where nobody draws.
    pub fn none() -> Self {
        Self::new(|| {})
    }

    /// Tells that there is something new.
    pub fn wake(&self) {
        (self.0)();
    }
}

impl Default for Wake {
    fn default() -> Self {
        Self::none()
    }
}

impl fmt::Debug for Wake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wake")
    }
}
