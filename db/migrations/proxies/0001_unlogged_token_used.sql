ALTER TABLE "proxy_token_used" SET UNLOGGED;
