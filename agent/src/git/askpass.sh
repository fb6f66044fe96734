#!/bin/sh
# Answers git when it asks for a user name or a password, for the one host that they are for.
# The question is `Username for 'https://host': `, or `Username for "https://host"` from git-lfs; a user name may stand
# before the host. What follows the host ends the question, so that no other host can be made to look like it.
case "$1" in
*"://$SANDYARD_GIT_HOST': " | *"@$SANDYARD_GIT_HOST': " | *"://$SANDYARD_GIT_HOST\"" | *"@$SANDYARD_GIT_HOST\"") ;;
*) exit 1 ;;
esac
case "$1" in
Username*) printf '%s\n' "$SANDYARD_GIT_USERNAME" ;;
Password*) printf '%s\n' "$SANDYARD_GIT_PASSWORD" ;;
*) exit 1 ;;
esac
