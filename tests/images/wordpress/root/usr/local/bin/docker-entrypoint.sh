#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fill an empty /var/www/html, write the configuration when there is none, then become the web server.
set -e
case ${1:-} in
apache2*)
    cd /var/www/html
    if [ ! -e index.php ] && [ ! -e wp-includes/version.php ]; then
        echo "WordPress not found in $PWD - copying now..."
        cp -a /usr/src/wordpress/. .
        echo "Complete! WordPress has been successfully copied to $PWD"
    fi
    if [ ! -s wp-config.php ] && [ -e wp-config-docker.php ]; then
        cp -a wp-config-docker.php wp-config.php
    fi
    ;;
esac
exec "$@"
