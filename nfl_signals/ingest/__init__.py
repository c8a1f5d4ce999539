"""Release files in, checked raw tables out; nothing that was unknown at `as_of`.

Types, franchises, kickoffs and references between tables are settled here; what is derived from
football (ratings, form) is `features`.
"""
