"""Events delivered to subscriptions."""
