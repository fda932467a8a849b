"""Sockets, TLS and clocks on asyncio for the engines of freeq_proto."""
