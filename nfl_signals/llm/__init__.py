"""Documents about a team become bounded numbers: by rules, by a language model, or from recordings.

And a model's advice on the stack's weights. What is done with the numbers is `stacking`.
"""
