//! Inputs of the measurements.
