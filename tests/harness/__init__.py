"""What scenario and fault tests stand on: the real program, real PostgreSQL, real clients. Nothing is mocked."""
