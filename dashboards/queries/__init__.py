"""What pages ask: SQL over released tables, and over what gates and jobs note; values come as parameters, never as text."""
