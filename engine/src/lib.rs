//! Session: configuration, state, history, request to commit.
