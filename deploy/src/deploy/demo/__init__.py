"""Deploy: the demo: a published contract played through the running suite, by its four parties, from outside."""
