//! Placeholder while the spine is laid.
fn main() {}
