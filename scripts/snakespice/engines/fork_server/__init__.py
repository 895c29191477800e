"""The process that holds the models of a group, and from which the warm engine's children come.

With each child the kernel copies the tables of all its memory and every page that is written to,
which takes longer than a small simulation. So this is a program of its own, and it imports nothing
but what is written in C, the modules beside this one, and `analyses`.
"""
