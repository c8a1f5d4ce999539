"""Base learners, one small file each, behind the protocol of `protocol.py`; and their inputs."""
