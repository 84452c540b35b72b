"""The built-in lesson: linear regression by hand, one mistake away from each of its neighbours."""
