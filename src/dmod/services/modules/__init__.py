"""Tools for those who write modules: a skeleton, a check of conformance, a benchmark, a listing."""
