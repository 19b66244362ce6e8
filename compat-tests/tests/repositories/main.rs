//! Repositories beside dnf5: what is fetched, what is kept, what is told.

mod cleaning;
mod counting;
mod downloads;
mod metadata;
mod mirrors;
