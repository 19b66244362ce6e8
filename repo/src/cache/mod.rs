//! Names, layout, age and cleaning of the cache on disk.
