"""What runs in the parsing process: nothing in here imports anything of ours from outside this folder."""
