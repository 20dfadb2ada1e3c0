"""Domain: what was agreed, as settlement reads it: versions, rules, prices, who is shown what."""
