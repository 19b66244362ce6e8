//! What comes out of goals over small universes. Every case agrees with the real dnf5 5.4, tried with `--assumeno`.

mod install;
mod limits;
mod remove;
mod slices;
mod upgrade;
