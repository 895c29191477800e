#!/bin/sh
# Says of a PBS job what Snakemake wants to know: running, success or failed.
# Ctrl-C is for Snakemake: killed by it, this would keep the plugin (1.0.9) from cancelling jobs.
trap '' INT
said=$(qstat -x -f "$1" 2>&1)
case $said in
*"Unknown Job"*) echo failed ;;
*"job_state = F"*"Exit_status = 0"*) echo success ;;
*"job_state = F"*) echo failed ;;
*) echo running ;; # also when the server does not answer: the next look will tell
esac
