"""The built-in llama.cpp runtime: one a home, shared by every process that chats or examines.

A light supervisor (`python -m ollama_bridge.runtime`) holds the clients' leases and watches
the model server, a child process with the base and every adapter in memory. Clients ask the
supervisor for their turn over its control port and talk HTTP to the model server themselves.
"""
