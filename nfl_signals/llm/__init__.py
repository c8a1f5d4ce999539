"""Documents become bounded numbers: by rules, by a language model, or from recordings."""
