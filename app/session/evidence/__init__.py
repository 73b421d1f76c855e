"""Fitting the evidence model: kernels, placebo library, weights of the e-process, sizes; its versions in a folder."""
