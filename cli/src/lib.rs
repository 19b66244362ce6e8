//! Faces: grammar, commands, rendering.
