<?php
/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of WordPress, read from the container's variables; X_FILE names a file that holds X. */
function setting(string $name, string $default): string
{
    $file = getenv($name . '_FILE');
    if ($file !== false && $file !== '') {
        return rtrim(file_get_contents($file), "\r\n");
    }
    $value = getenv($name);
    return $value === false ? $default : $value;
}

define('DB_NAME', setting('WORDPRESS_DB_NAME', 'wordpress'));
define('DB_USER', setting('WORDPRESS_DB_USER', 'example username'));
define('DB_PASSWORD', setting('WORDPRESS_DB_PASSWORD', 'example password'));
define('DB_HOST', setting('WORDPRESS_DB_HOST', 'mysql'));
define('DB_CHARSET', setting('WORDPRESS_DB_CHARSET', 'utf8mb4'));
define('DB_COLLATE', setting('WORDPRESS_DB_COLLATE', ''));
foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY',
          'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as $key) {
    define($key, setting('WORDPRESS_' . $key, sha1(DB_PASSWORD . $key)));
}
$table_prefix = setting('WORDPRESS_TABLE_PREFIX', 'wp_');
define('WP_DEBUG', (bool) setting('WORDPRESS_DEBUG', ''));
define('WP_HTTP_BLOCK_EXTERNAL', true);
if (($extra = setting('WORDPRESS_CONFIG_EXTRA', '')) !== '') {
    eval($extra);
}
if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
