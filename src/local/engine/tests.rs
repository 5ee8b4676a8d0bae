//! Rules of the engine as a whole, with a clock that the tests own.
