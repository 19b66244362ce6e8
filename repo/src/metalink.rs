//! Metalink documents.
