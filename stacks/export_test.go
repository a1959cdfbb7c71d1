package stacks

var MoreKeys = moreKeys
