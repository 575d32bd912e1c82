#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# /etc/nginx/templates/X.template becomes conf.d/X with the defined variables filled in.
set -e
templates=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
output=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}
[ -d "$templates" ] || exit 0
names=$(env | cut -d= -f1 | sed 's/.*/${&}/' | tr '\n' ' ')
cd "$templates"
find . -type f -name '*.template' | while read -r template; do
    mkdir -p "$output/$(dirname "$template")"
    envsubst "$names" <"$template" >"$output/${template%.template}"
done
