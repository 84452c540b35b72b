"""From a graph to a picture: boxes and folded groups, laid out as a scene, written in a format."""
