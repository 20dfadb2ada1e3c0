"""Tests: loads the import roots before pytest sees the folders of the same names and takes those for them."""

import deploy
import gateway
import services

ROOTS = (deploy, gateway, services)

pytest_plugins = ["deploy.testing"]
