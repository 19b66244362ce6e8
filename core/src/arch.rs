//! Architectures: names, compatibility, basearch.
