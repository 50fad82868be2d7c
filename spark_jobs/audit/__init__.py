"""The auditor: reads Kafka and the tables by itself and proves that nothing was lost, doubled or changed.

It believes nothing that land and refine computed, so it shares no code with them that counts, hashes or reads headers.
"""
