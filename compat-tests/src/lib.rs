//! Behaviour compared with the real dnf5 and rpm.
