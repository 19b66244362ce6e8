// Filled with the codec tests.
