"""Does data flow? `facts` looks at Kafka, the tables and the disk; `findings` (pure) says what is wrong, and what to do."""
