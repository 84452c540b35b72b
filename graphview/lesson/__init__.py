"""The built-in lesson: linear regression, as in the notebook that the project started from."""
