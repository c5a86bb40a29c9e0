"""Native modules: each declares parameters, states, inputs, outputs, and a kernel."""
