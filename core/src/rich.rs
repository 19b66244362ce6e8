//! Rich (boolean) dependencies.
