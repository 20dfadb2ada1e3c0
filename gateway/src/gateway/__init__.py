"""The gateway: who is asking, what may they do, where does it go. No rule of the domain stands here."""
