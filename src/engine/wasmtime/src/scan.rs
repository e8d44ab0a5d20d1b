//! Placeholder until the scan is written.
