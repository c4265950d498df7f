"""Comments on a draft: the register, its checks, and what answering each of them does."""
