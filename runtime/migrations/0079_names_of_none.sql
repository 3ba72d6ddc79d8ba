-- What stands for no name (FNU, LNU) is no part of one any more: the worker writes the keys of such entries anew.
update exclusion_entries set name_keys = null
where upper(regexp_replace(concat_ws(' ', first_name, middle_name, last_name), '[^A-Za-z ]', '', 'g'))
    ~ '\m(FNU|NFN|LNU|NLN|NMN|NMI)\M'
  or (last_name <> '' and last_name !~ '[[:alnum:]]');
