//! The safe wrapper of libsolv: catalogs in, Resolution out.
