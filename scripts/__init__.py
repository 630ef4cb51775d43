"""Programs for benchmarks, robustness tests, studies, releases and reports; not part of the package."""
