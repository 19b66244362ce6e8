//! Repositories beside dnf5: what is fetched, what is kept, what is told.

mod changing;
mod cleaning;
mod counting;
mod downloads;
mod logins;
mod metadata;
mod metalinks;
mod mirrors;
mod pace;
mod proxies;
mod reposync;
