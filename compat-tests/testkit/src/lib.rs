//! Oracle root, fixture packages and repositories, comparison of roots.
