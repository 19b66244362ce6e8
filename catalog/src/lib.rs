//! One indexed, memory-mapped format for any set of packages, and the query algebra over it.
